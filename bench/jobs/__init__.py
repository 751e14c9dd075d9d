"""The jobs that are measured beside other engines, one file each."""
