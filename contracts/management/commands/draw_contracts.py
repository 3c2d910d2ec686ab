from contracts.diagram import drawing
from skeleton.kernel.drawing import DrawingCommand


class Command(DrawingCommand):
    help = "Draw the states of a contract into docs/contracts.md, as the code has them."
    document = "contracts.md"
    drawing = drawing()
