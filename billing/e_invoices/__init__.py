"""Electronic invoices after EN 16931: the terms, their writers (UBL, CII, Factur-X) and the rules they must fulfil."""
