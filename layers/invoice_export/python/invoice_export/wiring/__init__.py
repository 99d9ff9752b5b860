"""Creates the adapters from a Lambda's settings, a module for each kind of adapter.

A handler imports the modules of the adapters that it calls, and so loads nothing for
the others. What an adapter loads with its first call is prepared for a snapshot.
"""

from invoice_export.wiring.snapshots import prepare

prepare()
