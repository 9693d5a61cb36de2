-- The tasks that log the messages at hand.
SELECT twin_id FROM message_activity WHERE twin_id IS NOT NULL
