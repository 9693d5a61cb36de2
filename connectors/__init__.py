"""How to speak to a CRM."""
