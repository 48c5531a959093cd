"""Text tables and sheets as streams of rows, whatever their encoding, line ends and packing."""
