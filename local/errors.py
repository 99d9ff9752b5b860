"""What can go wrong on a laptop, told in one line each."""


class LaptopError(Exception):
    """Something that the developer can put right; the message says how."""
