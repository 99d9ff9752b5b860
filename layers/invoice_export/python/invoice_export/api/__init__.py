"""The HTTP side: who is asking, what may be asked, and how answers look."""
