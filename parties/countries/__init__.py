"""The countries of ISO 3166-1 as a generated data file, its loader and its generator."""
