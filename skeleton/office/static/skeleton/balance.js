/* Shows the sums of debit and credit while they are entered (fields with data-side), and their difference. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
    const box = document.querySelector("[data-balance]");
    if (!box) return;
    const language = document.querySelector("[name=_number_language]")?.value || document.documentElement.lang;
    const mark = language === "en" ? "." : ",";
    const PLACES = 4; // no currency has more

    // in ten-thousandths, exactly; what is not a number counts as 0 until the server says what is wrong with it
    const read = (text) => {
        const plain = text.replace(/[\s.,]/g, (each) => (each === mark ? "." : ""));
        const [whole, decimals = ""] = plain.split(".");
        return /^\d*\.?\d*$/.test(plain) ? BigInt((whole || "0") + decimals.padEnd(PLACES, "0").slice(0, PLACES)) : 0n;
    };

    const write = (sum) => {
        const digits = String(sum).padStart(PLACES + 1, "0");
        const decimals = digits.slice(-PLACES).replace(/0{1,2}$/, "");
        return BigInt(digits.slice(0, -PLACES)).toLocaleString(language) + mark + decimals;
    };

    const counts = (field) => !field.closest(".empty-form") && !field.closest("tr")?.querySelector(".delete input:checked");

    const show = () => {
        const sums = { debit: 0n, credit: 0n };
        for (const field of document.querySelectorAll("[data-side]")) {
            if (counts(field)) sums[field.dataset.side] += read(field.value);
        }
        const difference = sums.debit - sums.credit;
        const shown = { ...sums, difference: difference < 0n ? -difference : difference };
        for (const [name, sum] of Object.entries(shown)) box.querySelector(`[data-sum=${name}]`).textContent = write(sum);
        box.classList.toggle("even", !difference);
    };

    document.addEventListener("input", show);
    document.addEventListener("click", () => setTimeout(show)); // a row may be gone
    show();
});
