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
        const answer = await fetch(page.dataset.progress, { headers: { Accept: "application/json" } });
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
