"""The deployed product, driven from outside."""
