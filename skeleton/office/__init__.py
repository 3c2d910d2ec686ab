"""The bases of the back office's screens: plain records, documents, and the acts that a person may do to either.

A screen is to the admin what a view is to the API, and says the same things in the same words: `resources` for the
permissions, `visible_to` for the rows, the API's own Inputs for what may be sent, the same services behind.
"""
