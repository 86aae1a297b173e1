"""Small copies of the datasets in their real layouts, filled with parametric sounds."""
