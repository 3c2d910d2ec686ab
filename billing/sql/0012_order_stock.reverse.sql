DROP TRIGGER billing_stock_is_let_go ON inventory_reservation;
DROP FUNCTION billing_stock_is_let_go();
DROP TRIGGER billing_stock_is_held ON inventory_reservation;
DROP FUNCTION billing_stock_is_held();
DROP TRIGGER billing_order_stock ON billing_order;
DROP FUNCTION billing_order_stock();
DROP FUNCTION billing_order_holds(uuid);
