SELECT id, concat_ws(' ', given_name, family_name) AS name, email FROM shop.people
