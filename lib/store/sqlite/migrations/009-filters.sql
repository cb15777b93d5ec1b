-- Which events of a selection are delivered, and what is left out of them, as JSON text.
ALTER TABLE selections ADD COLUMN filter TEXT;
ALTER TABLE selections ADD COLUMN omit TEXT;
