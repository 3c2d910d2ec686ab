from billing.diagram import drawing
from skeleton.kernel.drawing import DrawingCommand


class Command(DrawingCommand):
    help = "Draw the states of an order into docs/orders.md, as the code has them."
    document = "orders.md"
    drawing = drawing()
