"""The database: one module for each table or topic, with its rows and its statements.

A step calls a typed function, ``emails.claim(tx, …)``; only these modules name a
statement of ``sql/queries``. Every function acts within the transaction it is given.
"""
