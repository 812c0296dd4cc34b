"""How the demo pictures are drawn: pen, colours, motifs, labels and one module per shape family."""
