"""What a node keeps: logs and their arrival journal in LevelDB, blobs as files."""
