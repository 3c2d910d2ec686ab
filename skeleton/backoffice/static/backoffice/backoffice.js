/* The search field of every page: opened by its button, Ctrl+K or "/", moved through with the arrows. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
    const dialog = document.getElementById("search");
    if (!dialog) return;
    const field = dialog.querySelector("input");
    const found = document.getElementById("search-found");
    const address = dialog.querySelector("form").action;
    let asked = null;
    let waiting = null;

    const hits = () => [...found.querySelectorAll("[role=option]")];
    const chosen = () => found.querySelector("[aria-selected=true]");

    const choose = (hit) => {
        chosen()?.setAttribute("aria-selected", "false");
        hit?.setAttribute("aria-selected", "true");
        hit?.scrollIntoView({ block: "nearest" });
        field.setAttribute("aria-activedescendant", hit?.id ?? "");
    };

    const step = (by) => {
        const all = hits();
        if (all.length) choose(all[(all.indexOf(chosen()) + by + all.length) % all.length]);
    };

    const show = (html) => {
        found.innerHTML = html;
        field.setAttribute("aria-expanded", hits().length ? "true" : "false");
        choose(hits()[0]);
    };

    const ask = async () => {
        asked?.abort();
        asked = new AbortController();
        const text = field.value.trim();
        if (!text) return show("");
        try {
            const query = new URLSearchParams({ s: text, part: "" });
            const answer = await fetch(`${address}?${query}`, { signal: asked.signal });
            if (answer.ok) show(await answer.text());
        } catch (error) {
            if (error.name !== "AbortError") throw error;
        }
    };

    const open = () => {
        if (!dialog.open) dialog.showModal();
        field.select();
    };

    const typing = (target) => target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);

    document.addEventListener("keydown", (event) => {
        const shortcut = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k";
        if (shortcut || (event.key === "/" && !typing(event.target))) {
            event.preventDefault();
            open();
        }
    });

    document.addEventListener("click", (event) => {
        if (event.target.closest("[data-opens-search]")) {
            event.preventDefault();
            open();
        } else if (event.target === dialog || event.target.closest("[data-closes-search]")) {
            dialog.close();
        }
    });

    field.addEventListener("input", () => {
        clearTimeout(waiting);
        waiting = setTimeout(ask, 150);
    });

    field.addEventListener("keydown", (event) => {
        if (event.key === "ArrowDown" || event.key === "ArrowUp") {
            event.preventDefault();
            step(event.key === "ArrowDown" ? 1 : -1);
        } else if (event.key === "Escape") {
            event.preventDefault(); // a browser would only empty the field
            dialog.close();
        } else if (event.key === "Enter" && chosen()) {
            event.preventDefault();
            window.location = chosen().href;
        }
    });
});

/* Fields that are searched while one types (Select2) show a box of their own: let it be called what the field is called. */
document.addEventListener("DOMContentLoaded", () => {
    const nameOf = (field) =>
        field.getAttribute("aria-label") || field.labels?.[0]?.textContent.replace("*", "").trim() || "";

    const name = (box) => {
        const field = box.previousElementSibling;
        if (!field?.matches("select")) return;
        for (const part of box.querySelectorAll(".select2-selection, .select2-search__field")) {
            part.setAttribute("aria-label", nameOf(field));
            part.removeAttribute("aria-labelledby");
        }
        const shown = box.querySelector(".select2-selection__rendered");
        for (const attribute of ["role", "aria-readonly"]) shown?.removeAttribute(attribute);
    };

    new MutationObserver((changes) => {
        const added = changes.flatMap((change) => [...change.addedNodes]).filter((node) => node.nodeType === 1);
        for (const node of added) {
            if (node.matches(".select2-container")) name(node);
            for (const box of node.querySelectorAll(".select2-container")) name(box);
            for (const search of node.querySelectorAll(".select2-search--dropdown .select2-search__field")) {
                search.setAttribute("aria-label", document.getElementById("search")?.ariaLabel ?? "");
            }
        }
    }).observe(document.body, { childList: true, subtree: true });
});
