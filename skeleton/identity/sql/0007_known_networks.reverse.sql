DROP TRIGGER identity_known_network_bound ON identity_known_network;
DROP FUNCTION identity_known_network_bound();
