"""Applications of other shapes than the sample, and datasets over them."""
