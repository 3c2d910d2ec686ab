// Tells how far an import is, and shows what came of it once it is there.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
    const page = document.getElementById("import");
    if (!page || !page.dataset.progress) {
        return;
    }
    const bar = page.querySelector("progress");
    const text = document.getElementById("import-done");

    async function look() {
        let answer;
        try {
            answer = await fetch(page.dataset.progress, { headers: { Accept: "application/json" } });
        } catch {
            setTimeout(look, 5000); // the server, or the network, is away for a moment
            return;
        }
        if (!answer.ok || answer.redirected) {
            location.reload(); // signed out, or the import is gone: the page says so
            return;
        }
        const { state, done, total } = await answer.json();
        if (state !== page.dataset.state) {
            location.reload();
            return;
        }
        if (total) {
            bar.max = total;
            bar.value = done;
            text.textContent = `${done} / ${total}`;
        }
        setTimeout(look, 1000);
    }

    setTimeout(look, 500);
});
