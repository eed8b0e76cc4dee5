"""What people look at, folded from the arrival journal into SQLite; it can always be rebuilt."""
