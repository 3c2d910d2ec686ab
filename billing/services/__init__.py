"""The services of billing: the only code that writes documents.

They lock rows in this order: the customer, the order, invoices by id, credit notes by id, payments by id, a number
series, stock, and last accounting, where all entries of a transaction are posted in one statement. The triggers of
settlements take the same locks in the same order.
"""
