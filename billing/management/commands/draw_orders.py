from billing.diagram import generated_section
from skeleton.kernel.docs_command import UpdateDocumentCommand


class Command(UpdateDocumentCommand):
    help = "Update the state diagram in docs/orders.md from the code."
    document = "orders.md"
    section = generated_section()
