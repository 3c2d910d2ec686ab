/* Rows of a form that are added and removed in the browser. The theme clones a row, and renumbers the rows below a removed
   one, by rewriting their HTML. HTML holds neither what was typed nor the scripts of a field, so both are kept here. */
"use strict";

(() => {
    const SEARCHED = "select.unfold-admin-autocomplete";
    const NUMBERED = ["id", "name", "for", "aria-describedby", "aria-labelledby", "aria-controls", "aria-owns"];
    const ROWS = ":scope > .form-group:not(.empty-form)";

    const searched = (part, does) => {
        const found = [...part.querySelectorAll(SEARCHED)];
        if (found.length) does(window.django.jQuery(found));
    };

    const wake = (part) => searched(part, (selects) => selects.djangoCustomSelect2());

    const rest = (part) => searched(part, (selects) => selects.filter(".select2-hidden-accessible").select2("destroy"));

    const renumber = (part, from, to) => {
        for (const node of part.querySelectorAll(NUMBERED.map((name) => `[${name}]`).join())) {
            for (const name of NUMBERED) {
                const value = node.getAttribute(name);
                if (value?.includes(from)) node.setAttribute(name, value.replaceAll(from, to));
            }
        }
    };

    const offerMore = (wrapper) => {
        const count = (name) => Number(wrapper.querySelector(`input[type=hidden][name$='-${name}']`).value);
        const full = count("TOTAL_FORMS") >= count("MAX_NUM_FORMS");
        wrapper.querySelector(".add-row")?.classList.toggle("hidden", full);
    };

    // Django's documented event: a row is there, with fields that no script knows yet
    document.addEventListener("formset:added", (event) => {
        wake(event.target);
        const wrapper = event.target.closest(".formset-wrapper");
        if (wrapper) offerMore(wrapper);
    });

    // while the theme removes a row, what is in the rows below it is set aside, and put back renumbered
    let aside = [];

    const setAside = (button) => {
        const formset = button.closest(".formset");
        const prefix = JSON.parse(formset.dataset.inlineFormset).options.prefix;
        const rows = [...formset.querySelectorAll(ROWS)];
        const removed = rows.indexOf(button.closest(".form-group"));
        for (const row of rows.slice(removed + 1)) {
            const parts = [...row.querySelectorAll(":scope > .form-row, :scope > .form-nested")];
            rest(row);
            aside.push(
                ...parts.map((part) => {
                    const content = document.createDocumentFragment();
                    content.append(...part.childNodes);
                    return { prefix, row, part, content, was: rows.indexOf(row) };
                }),
            );
        }
    };

    const putBack = () => {
        for (const { prefix, row, part, content, was } of aside) {
            const now = [...row.parentElement.querySelectorAll(ROWS)].indexOf(row);
            renumber(content, `${prefix}-${was}-`, `${prefix}-${now}-`);
            const counter = content.querySelector(".stacked-counter");
            if (counter) counter.textContent = now + 1;
            part.append(content);
            wake(part);
        }
        aside = [];
    };

    document.addEventListener(
        "click",
        (event) => {
            const button = event.target.closest?.(".delete-template");
            if (button) setAside(button);
        },
        true,
    );
    document.addEventListener("click", putBack);
})();
