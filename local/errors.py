"""What can go wrong on a laptop."""


class LaptopError(Exception):
    """Something that the developer can fix; the message is a line that says how."""
