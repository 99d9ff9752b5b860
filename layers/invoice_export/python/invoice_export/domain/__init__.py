"""Pure rules of the export: no I/O, nothing imported from outside the domain."""
