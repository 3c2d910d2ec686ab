/* Below each amount, how the server understands what is typed, in the notation of the page: so nobody books 1,250.00 for
   12,50. An amount that is not understood shows the reason. */
"use strict";

(() => {
    const FIELD = "input[data-understood-by]";
    const WAIT = 250; // milliseconds without typing
    const waiting = new WeakMap();

    const place = (field) => {
        const id = `${field.id}-understood`;
        const found = document.getElementById(id);
        if (found) return found;
        const made = document.createElement("output");
        made.id = id;
        made.className = "amount-understood";
        made.htmlFor = field.id;
        field.insertAdjacentElement("afterend", made);
        return made;
    };

    const currencyOf = (field) => {
        const names = field.dataset.currencyFields.split(" ");
        const chosen = names.map((name) => field.form?.elements[name]?.value).find(Boolean);
        return chosen || field.dataset.currency;
    };

    const ask = async (field) => {
        const text = field.value.trim();
        const shown = text ? place(field) : document.getElementById(`${field.id}-understood`);
        if (!text) return shown?.remove();
        const language = field.form?.elements._number_language?.value ?? "";
        const query = new URLSearchParams({ text, currency: currencyOf(field), language });
        const answer = await fetch(`${field.dataset.understoodBy}?${query}`);
        if (answer.ok && field.value.trim() === text) shown.textContent = await answer.text();
    };

    document.addEventListener("input", (event) => {
        const field = event.target;
        if (!field.matches?.(FIELD)) return;
        clearTimeout(waiting.get(field));
        waiting.set(field, setTimeout(() => ask(field), WAIT));
    });
})();
