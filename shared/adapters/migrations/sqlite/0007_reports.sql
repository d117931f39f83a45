alter table documents add column report text; -- of legal formats, once stored: what it was judged by, as JSON
