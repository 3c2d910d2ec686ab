from contracts.diagram import drawing
from skeleton.kernel.drawing import DrawingCommand


class Command(DrawingCommand):
    help = "Update the state diagram in docs/contracts.md from the code."
    document = "contracts.md"
    drawing = drawing()
