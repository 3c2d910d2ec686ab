from billing.diagram import drawing
from skeleton.kernel.drawing import DrawingCommand


class Command(DrawingCommand):
    help = "Update the state diagram in docs/orders.md from the code."
    document = "orders.md"
    drawing = drawing()
