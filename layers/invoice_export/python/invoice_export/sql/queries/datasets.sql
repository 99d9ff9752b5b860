-- Rows of datasets: what the views of this deployment show.

-- name: hold
-- Locked until the transaction ends: a deployment waits before it replaces the view.
SELECT fingerprint FROM datasets WHERE name = %(name)s FOR SHARE
