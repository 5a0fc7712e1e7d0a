-- Runs once, on an empty volume: each program has a role and databases of its own, and cannot read the other's tables.
\getenv temporal_password TEMPORAL_DB_PASSWORD
\getenv mercato_password MERCATO_DB_PASSWORD

CREATE ROLE temporal LOGIN PASSWORD :'temporal_password';
CREATE DATABASE temporal OWNER temporal;
CREATE DATABASE temporal_visibility OWNER temporal;

CREATE ROLE mercato LOGIN PASSWORD :'mercato_password';
CREATE DATABASE mercato OWNER mercato;
