from billing.diagram import drawing
from skeleton.kernel.drawing import UpdateDocumentCommand


class Command(UpdateDocumentCommand):
    help = "Update the state diagram in docs/orders.md from the code."
    document = "orders.md"
    drawing = drawing()
