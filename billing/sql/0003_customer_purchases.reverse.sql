DROP TRIGGER billing_purchases_derived ON parties_party;
DROP TRIGGER billing_purchases_begin ON parties_party;
DROP FUNCTION billing_purchases_derived();
DROP TRIGGER billing_purchases_in_currency ON parties_party;
DROP FUNCTION billing_purchases_in_currency();
DROP TRIGGER billing_purchases_follow ON billing_invoice;
DROP FUNCTION billing_purchases_follow();
