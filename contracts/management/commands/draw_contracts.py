from contracts.diagram import generated_section
from skeleton.kernel.docs_command import UpdateDocumentCommand


class Command(UpdateDocumentCommand):
    help = "Update the state diagram in docs/contracts.md from the code."
    document = "contracts.md"
    section = generated_section()
