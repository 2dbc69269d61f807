"""The language: what a spec may say, read and checked without any framework."""
