"""What the runs of a workflow say: how often it is green, and where its time goes."""
