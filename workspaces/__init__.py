"""People, tenancy, rights, sealing, audit and notices."""
