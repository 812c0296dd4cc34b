"""The package that AWS Lambda runs: pruned, with bytecode that holds, the same bytes for the same input."""
