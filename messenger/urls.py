from messenger.views import ConversationView, MessageView
from skeleton.core.operations import routes

urlpatterns = routes("conversations", ConversationView) + routes("conversations/<pk>/messages", MessageView)
