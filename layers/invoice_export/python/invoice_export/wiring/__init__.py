"""Creates the adapters from a Lambda's settings, a module for each kind of adapter.

A handler imports the modules of the adapters that it calls, and so loads nothing for
the others.
"""
