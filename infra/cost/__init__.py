"""What a stage costs in a month, by the templates, the measurements and one table of prices."""
