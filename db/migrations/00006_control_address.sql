-- +goose Up

-- parlour.AddrKey of those whom a control is about.
ALTER TABLE controls ADD COLUMN address TEXT NOT NULL DEFAULT '';

-- +goose Down

ALTER TABLE controls DROP COLUMN address;
