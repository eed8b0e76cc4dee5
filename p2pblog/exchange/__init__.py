"""What comes in from elsewhere and what goes out as a file: archives of other services, bundles."""
