from contracts.diagram import drawing
from skeleton.kernel.drawing import UpdateDocumentCommand


class Command(UpdateDocumentCommand):
    help = "Update the state diagram in docs/contracts.md from the code."
    document = "contracts.md"
    drawing = drawing()
