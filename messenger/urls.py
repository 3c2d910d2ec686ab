from messenger.views import ConversationView, MessageView, StreamView
from skeleton.rest.operations import routes

urlpatterns = [
    *routes("conversations", ConversationView),
    *routes("conversations/<pk>/messages", MessageView),
    *routes("messenger", StreamView),
]
