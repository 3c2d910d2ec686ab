/* The messenger's page: conversations on one side, one of them on the other, and a stream that keeps both up to date. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
    const root = document.getElementById("messenger");
    const { api, me, csrf } = root.dataset;
    const words = Object.fromEntries(
        Object.entries(root.dataset)
            .filter(([name]) => name.startsWith("say"))
            .map(([name, text]) => [name.slice(3).toLowerCase(), text]),
    );
    const byId = (id) => document.getElementById(id);
    const talks = new Map(); // conversations by id
    let open = null; // the id of the one that is shown
    let messages = new Map(); // its messages by seq
    let earlier = null; // the cursor behind the earliest one shown
    let attachments = [];
    let lastEvent = null;

    const ask = async (path, method = "GET", body = undefined) => {
        const headers = { Accept: "application/json", "X-CSRFToken": csrf };
        const isForm = body instanceof FormData;
        if (body !== undefined && !isForm) headers["Content-Type"] = "application/json";
        const answer = await fetch(api + path, {
            method,
            headers,
            body: body === undefined || isForm ? body : JSON.stringify(body),
        });
        if (answer.redirected) location.reload(); // signed out meanwhile
        const data = answer.status === 204 ? null : await answer.json();
        if (!answer.ok) throw new Error(Object.values(data.details ?? {})[0] ?? data.message);
        return data;
    };

    const trying = (act) => async (...args) => {
        try {
            complain("");
            await act(...args);
        } catch (error) {
            complain(error.message);
        }
    };

    const complain = (text) => {
        byId("problem").textContent = text;
        byId("problem").hidden = !text;
    };

    const make = (tag, className, text) => {
        const element = document.createElement(tag);
        if (className) element.className = className;
        if (text !== undefined) element.textContent = text;
        return element;
    };

    const icon = (name) => {
        const element = make("span", "material-symbols-outlined", name);
        element.setAttribute("aria-hidden", "true");
        return element;
    };

    const moment = (text) => {
        const when = new Date(text);
        const today = when.toDateString() === new Date().toDateString();
        const how = today ? { hour: "2-digit", minute: "2-digit" } : { day: "numeric", month: "short" };
        return when.toLocaleString(document.documentElement.lang, how);
    };

    // --- the list ---------------------------------------------------------------------------------------------------

    const summary = (talk) => {
        const last = talk.last_message;
        if (!last) return words.none;
        if (last.deleted_at) return words.deleted;
        return last.content ?? last.attachments.map((file) => file.name).join(", ");
    };

    const drawTalks = () => {
        const sorted = [...talks.values()].sort((a, b) => (a.last_activity_at < b.last_activity_at ? 1 : -1));
        byId("talks").replaceChildren(
            ...sorted.map((talk) => {
                const item = make("li");
                const button = make("button", talk.unread_count ? "unread" : "");
                button.type = "button";
                if (talk.id === open) button.setAttribute("aria-current", "true");
                const head = make("span", "talk-head");
                head.append(make("strong", "", talk.name ?? words.group), make("time", "", moment(talk.last_activity_at)));
                const line = make("span", "talk-line");
                line.append(make("span", "talk-last", summary(talk)));
                if (talk.unread_count) line.append(make("span", "badge", String(talk.unread_count)));
                button.append(head, line);
                button.addEventListener("click", trying(() => show(talk.id)));
                item.append(button);
                return item;
            }),
        );
        byId("talks-none").hidden = sorted.length > 0;
    };

    const loadTalks = async () => {
        const found = await ask("conversations?limit=100");
        talks.clear();
        for (const talk of found.items) talks.set(talk.id, talk);
        drawTalks();
    };

    const refreshTalk = async (id) => {
        talks.set(id, await ask(`conversations/${id}`));
        drawTalks();
        if (id === open) drawHead();
    };

    // --- one conversation -------------------------------------------------------------------------------------------

    const drawHead = () => {
        const talk = talks.get(open);
        byId("talk-name").textContent = talk.name ?? words.group;
        const names = (talk.members ?? []).map((member) => member.name);
        byId("talk-about").textContent = names.length > 2 ? names.join(", ") : "";
        const write = byId("write");
        if (write) write.hidden = talk.archived;
    };

    const show = async (id) => {
        open = id;
        messages = new Map();
        const [talk, found] = await Promise.all([ask(`conversations/${id}`), ask(`conversations/${id}/messages?limit=50`)]);
        talks.set(id, talk);
        for (const message of found.items) messages.set(message.seq, message);
        earlier = found.next_cursor;
        root.querySelector(".talk").hidden = false;
        root.classList.add("in-talk");
        drawTalks();
        drawHead();
        drawMessages({ toEnd: true });
        byId("text")?.focus({ preventScroll: true });
        await markRead();
    };

    const drawMessages = ({ toEnd = false } = {}) => {
        const list = byId("messages");
        const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
        const sorted = [...messages.values()].sort((a, b) => a.seq - b.seq);
        list.replaceChildren(...sorted.map(drawMessage));
        if (!sorted.length) list.append(make("li", "nothing", words.none));
        byId("talk-earlier").hidden = !earlier;
        if (toEnd || atEnd) list.scrollTop = list.scrollHeight;
    };

    const drawMessage = (message) => {
        const mine = message.sender_id === me;
        const item = make("li", mine ? "mine" : "");
        item.dataset.seq = message.seq;
        if (!mine) item.append(make("span", "sender", message.sender_name));
        const bubble = make("div", message.deleted_at ? "bubble deleted" : "bubble");
        bubble.append(make("p", "", message.deleted_at ? words.deleted : message.content ?? ""));
        for (const file of message.attachments) {
            const link = make("a", "file");
            link.href = `${api}files/${file.id}/download`;
            link.append(icon("attach_file"), make("span", "", file.name));
            bubble.append(link);
        }
        item.append(bubble);
        const foot = make("span", "foot", moment(message.created_at));
        if (message.edited_at && !message.deleted_at) foot.append(` · ${words.edited}`);
        if (mine && !message.deleted_at && byId("write") && !talks.get(open).archived) foot.append(...actsOn(message));
        item.append(foot);
        return item;
    };

    const actsOn = (message) => {
        const path = `conversations/${open}/messages/${message.id}`;
        const act = (name, label, run) => {
            const button = make("button");
            button.type = "button";
            button.setAttribute("aria-label", label);
            button.title = label;
            button.append(icon(name));
            button.addEventListener("click", trying(run));
            return button;
        };
        const edit = async () => {
            const text = byId("text");
            text.value = message.content ?? "";
            text.dataset.editing = path;
            text.focus();
        };
        const remove = async () => {
            if (window.confirm(words.sure)) await ask(path, "DELETE");
        };
        return [act("edit", words.edit, edit), act("delete", words.delete, remove)];
    };

    const markRead = async () => {
        const talk = talks.get(open);
        const last = Math.max(0, ...messages.keys());
        if (!talk || document.hidden || last <= talk.read_seq) return;
        talk.read_seq = last;
        talk.unread_count = Math.max(0, talk.last_seq - last);
        drawTalks();
        await ask(`conversations/${talk.id}/read`, "POST", { seq: last });
    };

    // --- writing ----------------------------------------------------------------------------------------------------

    const send = async () => {
        const text = byId("text");
        const content = text.value;
        if (text.dataset.editing) {
            await ask(text.dataset.editing, "PATCH", { content });
            delete text.dataset.editing;
        } else {
            if (!content.trim() && !attachments.length) return;
            const body = { content, attachments: attachments.map((file) => file.id), client_id: crypto.randomUUID?.() };
            const sent = await ask(`conversations/${open}/messages`, "POST", body);
            heardMessage(sent, true);
            attachments = [];
            drawAttached();
        }
        text.value = "";
        grow();
    };

    const grow = () => {
        const text = byId("text");
        text.style.height = "auto";
        text.style.height = `${Math.min(text.scrollHeight, 160)}px`;
    };

    const drawAttached = () => {
        byId("attached").textContent = attachments.map((file) => file.name).join(", ");
        byId("attached").hidden = !attachments.length;
    };

    const attach = () => {
        const chooser = make("input");
        chooser.type = "file";
        chooser.addEventListener("change", trying(async () => {
            const body = new FormData();
            body.append("file", chooser.files[0]);
            attachments.push(await ask("files", "POST", body));
            drawAttached();
        }));
        chooser.click();
    };

    // --- a new conversation -------------------------------------------------------------------------------------------

    const chosen = new Map();

    const findPeople = async () => {
        const search = encodeURIComponent(byId("people-search").value);
        const found = await ask(`users?active=true&limit=8&search=${search}`);
        const shown = [...chosen.values(), ...found.items.filter((user) => user.id !== me && !chosen.has(user.id))];
        byId("people-found").replaceChildren(
            ...shown.map((user) => {
                const item = make("li");
                const label = make("label");
                const box = make("input");
                box.type = "checkbox";
                box.checked = chosen.has(user.id);
                box.addEventListener("change", () => {
                    if (box.checked) chosen.set(user.id, user);
                    else chosen.delete(user.id);
                    byId("people-go").disabled = !chosen.size;
                    byId("people-group").hidden = chosen.size < 2;
                });
                label.append(box, make("span", "", user.name), make("small", "", user.email));
                item.append(label);
                return item;
            }),
        );
    };

    const begin = async () => {
        const members = [...chosen.keys()];
        const body = { type: members.length > 1 ? "group" : "direct", member_ids: members };
        if (members.length > 1) body.name = byId("people-name").value || null;
        const talk = await ask("conversations", "POST", body);
        byId("people").close();
        talks.set(talk.id, talk);
        await show(talk.id);
    };

    // --- what happens -------------------------------------------------------------------------------------------------

    const heardMessage = (message, isNew) => {
        const talk = talks.get(message.conversation_id);
        if (talk && message.seq >= talk.last_seq) {
            const isCounted = message.seq === talk.last_seq;
            talk.last_seq = message.seq;
            talk.last_message = message;
            if (isNew) talk.last_activity_at = message.created_at;
            if (message.sender_id === me) {
                talk.read_seq = Math.max(talk.read_seq, message.seq);
                talk.unread_count = 0;
            } else if (!isCounted) {
                talk.unread_count += 1;
            }
        }
        if (message.conversation_id === open && (isNew || messages.has(message.seq))) {
            messages.set(message.seq, message);
            drawMessages();
        }
        drawTalks();
    };

    const heard = {
        "message.created": async ({ message }) => {
            if (!talks.has(message.conversation_id)) await refreshTalk(message.conversation_id);
            heardMessage(message, true);
            if (message.conversation_id === open) await markRead();
        },
        "message.updated": ({ message }) => heardMessage(message, false),
        "message.deleted": async ({ message }) => {
            heardMessage(message, false);
            const talk = talks.get(message.conversation_id);
            if (talk && message.seq > talk.read_seq) await refreshTalk(talk.id); // it no longer counts as unread
        },
        "conversation.updated": ({ conversation_id }) => refreshTalk(conversation_id),
        "conversation.read": async ({ conversation_id, user_id, seq }) => {
            const talk = talks.get(conversation_id);
            if (talk && user_id === me && seq > talk.read_seq) await refreshTalk(conversation_id); // on another device
        },
        "stream.reset": () => location.reload(),
    };

    /* Each stream needs a ticket of its own; where it ended, the next one goes on. */
    const listen = async () => {
        let source;
        try {
            const { ticket } = await ask("messenger/tickets", "POST", {});
            const from = lastEvent === null ? "" : `&last_event_id=${lastEvent}`;
            source = new EventSource(`${root.dataset.stream}?ticket=${ticket}${from}`);
        } catch {
            again();
            return;
        }
        const note = (event) => {
            if (event.lastEventId) lastEvent = event.lastEventId;
        };
        for (const [name, act] of Object.entries(heard)) {
            source.addEventListener(name, (event) => {
                note(event);
                trying(act)(JSON.parse(event.data));
            });
        }
        source.addEventListener("stream.started", note);
        source.addEventListener("open", () => {
            complain("");
            root.dataset.live = "yes";
        });
        source.addEventListener("error", () => {
            source.close();
            again();
        });
    };

    const again = () => {
        root.dataset.live = "no";
        complain(words.lost);
        setTimeout(listen, 1000 + 2000 * Math.random());
    };

    // --- the page -----------------------------------------------------------------------------------------------------

    byId("talk-back").addEventListener("click", () => {
        open = null;
        root.classList.remove("in-talk");
        root.querySelector(".talk").hidden = true;
        drawTalks();
    });
    byId("talk-earlier").addEventListener("click", trying(async () => {
        const found = await ask(`conversations/${open}/messages?limit=50&cursor=${encodeURIComponent(earlier)}`);
        for (const message of found.items) messages.set(message.seq, message);
        earlier = found.next_cursor;
        drawMessages();
    }));
    byId("write")?.addEventListener("submit", (event) => {
        event.preventDefault();
        trying(send)();
    });
    byId("text")?.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
            event.preventDefault();
            trying(send)();
        }
    });
    byId("text")?.addEventListener("input", grow);
    byId("attach")?.addEventListener("click", attach);
    byId("talk-new")?.addEventListener("click", trying(async () => {
        chosen.clear();
        byId("people-search").value = "";
        byId("people-name").value = "";
        byId("people-go").disabled = true;
        byId("people-group").hidden = true;
        byId("people").showModal();
        await findPeople();
    }));
    byId("people-search").addEventListener("input", trying(findPeople));
    byId("people-go").addEventListener("click", trying(begin));
    document.addEventListener("visibilitychange", trying(markRead));

    trying(async () => {
        await listen(); // first, so that nothing falls between the list and the stream
        await loadTalks();
        const named = location.hash.slice(1);
        if (talks.has(named)) await show(named);
    })();
});
