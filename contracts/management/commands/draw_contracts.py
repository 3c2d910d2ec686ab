from contracts.diagram import drawing
from skeleton.core.management.drawing import DrawingCommand


class Command(DrawingCommand):
    help = "Draw the states of a contract into docs/contracts.md, as the code has them."
    document = "contracts.md"
    drawing = drawing()
