-- An item with a tax code has its rate, and follows it when the rate of a code that no document uses is corrected.
ALTER TABLE inventory_item ADD CONSTRAINT inventory_item_rate_of_tax_code
    FOREIGN KEY (tax_code_id, tax_rate) REFERENCES accounting_tax_code (id, rate) ON UPDATE CASCADE;
